<?php

return ['alter table payment_hashes add index payment_hashes_fee_invoice_id_index (fee_invoice_id)'];
