<?php

namespace GuzzleHttp\Exception;

class TransferException extends \RuntimeException
{
}
