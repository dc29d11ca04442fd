<?php

namespace Symfony\Component\Debug\Exception;

class FatalErrorException extends \ErrorException
{
}
