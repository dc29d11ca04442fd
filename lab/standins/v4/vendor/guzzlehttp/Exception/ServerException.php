<?php

namespace GuzzleHttp\Exception;

class ServerException extends BadResponseException
{
}
