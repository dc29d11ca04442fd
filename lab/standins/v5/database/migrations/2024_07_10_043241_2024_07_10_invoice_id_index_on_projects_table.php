<?php

return [
    'alter table invoices add index invoices_project_id_deleted_at_index (project_id, deleted_at)',
    'alter table quotes add index quotes_project_id_deleted_at_index (project_id, deleted_at)',
];
