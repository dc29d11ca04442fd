<?php

namespace App\Models;

class ModelNotFoundException extends \RuntimeException
{
}
