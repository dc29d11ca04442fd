<?php

namespace App\Support;

use Illuminate\Contracts\Encryption\DecryptException;

/** Laravel's encryption: base64 of JSON {iv, value, mac}, AES-CBC with APP_KEY, MAC over iv and value. */
class Encrypter
{
    /** @var string */
    private $key;
    /** @var string */
    private $cipher;

    public function __construct()
    {
        $key = (string) config('app.key');
        $this->key = strpos($key, 'base64:') === 0 ? base64_decode(substr($key, 7)) : $key;
        $this->cipher = config('app.cipher');
        $lengths = ['AES-128-CBC' => 16, 'AES-256-CBC' => 32];
        if (($lengths[$this->cipher] ?? 0) !== strlen($this->key)) {
            throw new \RuntimeException(
                'The only supported ciphers are AES-128-CBC and AES-256-CBC with the correct key lengths.'
            );
        }
    }

    public function encrypt($value): string
    {
        $iv = random_bytes(16);
        $text = openssl_encrypt(serialize($value), $this->cipher, $this->key, 0, $iv);
        $iv = base64_encode($iv);
        $mac = hash_hmac('sha256', $iv . $text, $this->key);

        return base64_encode(json_encode(['iv' => $iv, 'value' => $text, 'mac' => $mac]));
    }

    /** @throws DecryptException when the payload is no payload, or was made with another key */
    public function decrypt($payload)
    {
        $parts = json_decode(base64_decode((string) $payload), true);
        if (! is_array($parts) || ! isset($parts['iv'], $parts['value'], $parts['mac'])
            || strlen(base64_decode($parts['iv'], true)) !== 16) {
            throw new DecryptException('The payload is invalid.');
        }
        if (! hash_equals(hash_hmac('sha256', $parts['iv'] . $parts['value'], $this->key), $parts['mac'])) {
            throw new DecryptException('The MAC is invalid.');
        }
        $text = openssl_decrypt($parts['value'], $this->cipher, $this->key, 0, base64_decode($parts['iv']));
        if ($text === false) {
            throw new DecryptException('Could not decrypt the data.');
        }

        return unserialize($text);
    }
}
