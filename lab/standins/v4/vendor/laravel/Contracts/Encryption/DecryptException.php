<?php

namespace Illuminate\Contracts\Encryption;

class DecryptException extends \RuntimeException
{
}
