<?php

namespace App\Exceptions;

use Exception;

class ProcessingMigrationArchiveFailed extends Exception
{
}
