<?php

namespace Illuminate\Console;

use RuntimeException;

class CommandException extends RuntimeException
{
}
