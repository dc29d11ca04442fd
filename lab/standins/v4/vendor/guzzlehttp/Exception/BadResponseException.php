<?php

namespace GuzzleHttp\Exception;

class BadResponseException extends RequestException
{
}
