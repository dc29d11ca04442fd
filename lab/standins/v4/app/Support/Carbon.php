<?php

namespace App\Support;

use DateTime;

/** A moment; the few methods of Carbon that the export uses. */
class Carbon extends DateTime
{
    public function toDateString(): string
    {
        return $this->format('Y-m-d');
    }

    public function toDateTimeString(): string
    {
        return $this->format('Y-m-d H:i:s');
    }
}
