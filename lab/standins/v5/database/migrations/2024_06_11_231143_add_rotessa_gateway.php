<?php

return [
    "insert into gateways (id, name, `key`, provider, is_offsite, fields, visible, site_url, default_gateway_type_id)"
    . " select 63, 'Rotessa', '91be24c7b792230bced33e930ac61676', 'Rotessa', 1, '{\"apiKey\":\"\",\"testMode\":true}', 1, 'https://rotessa.com', 2"
    . ' where not exists (select 1 from gateways where id = 63)',
];
