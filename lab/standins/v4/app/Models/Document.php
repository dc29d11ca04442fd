<?php

namespace App\Models;

class Document extends Model
{
    public const TABLE = 'documents';
    public const SOFT_DELETES = false;
}
