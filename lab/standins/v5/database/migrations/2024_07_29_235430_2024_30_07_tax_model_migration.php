<?php

return ["update companies set tax_data = json_set(tax_data, '$.version', 'beta') where json_value(tax_data, '$.version') = 'alpha'"];
