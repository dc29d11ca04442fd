<?php

namespace App\Models;

class Product extends Model
{
    public const TABLE = 'products';
}
