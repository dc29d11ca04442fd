<?php

namespace App\Models;

use RuntimeException;

class ModelNotFoundException extends RuntimeException
{
    public function __construct(public readonly string $model)
    {
        parent::__construct("No query results for model [{$model}].");
    }
}
