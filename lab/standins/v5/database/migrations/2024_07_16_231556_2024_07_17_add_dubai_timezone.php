<?php

return [
    "insert into timezones (id, name, location, utc_offset) select 115, 'Asia/Dubai', '(GMT+04:00) Dubai', 14400"
    . ' where (select count(*) from timezones) > 1 and not exists (select 1 from timezones where id = 115)',
];
