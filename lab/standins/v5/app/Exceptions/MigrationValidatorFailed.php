<?php

namespace App\Exceptions;

use Exception;

class MigrationValidatorFailed extends Exception
{
}
