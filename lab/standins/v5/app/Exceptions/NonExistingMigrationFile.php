<?php

namespace App\Exceptions;

use Exception;

class NonExistingMigrationFile extends Exception
{
}
