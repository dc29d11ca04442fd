<?php

namespace App\Exceptions;

use Exception;

class ResourceDependencyMissing extends Exception
{
}
