<?php

namespace Symfony\Component\Process\Exception;

use RuntimeException;

class ProcessFailedException extends RuntimeException
{
}
