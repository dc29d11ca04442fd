<?php

namespace App\Models;

class Task extends Model
{
    public const TABLE = 'tasks';
}
