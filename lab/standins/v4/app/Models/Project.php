<?php

namespace App\Models;

class Project extends Model
{
    public const TABLE = 'projects';
}
