<?php

namespace GuzzleHttp\Exception;

class ClientException extends BadResponseException
{
}
