<?php

namespace Symfony\Component\Mailer\Exception;

use RuntimeException;

class TransportException extends RuntimeException
{
}
