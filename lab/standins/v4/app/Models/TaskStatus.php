<?php

namespace App\Models;

class TaskStatus extends Model
{
    public const TABLE = 'task_statuses';
}
