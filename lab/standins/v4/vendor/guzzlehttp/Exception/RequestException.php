<?php

namespace GuzzleHttp\Exception;

class RequestException extends TransferException
{
}
