<?php

namespace Symfony\Component\Console\Exception;

interface ExceptionInterface extends \Throwable
{
}
