<?php

namespace Illuminate\Mail;

use Symfony\Component\Mailer\Exception\TransportException;

/** Speaks SMTP, with STARTTLS and AUTH LOGIN where offered; its errors read like Symfony's. */
class SmtpTransport
{
    /** @var resource */
    private $stream;

    /** @param array<string, mixed> $settings */
    public function __construct(private readonly array $settings)
    {
    }

    public function send(Message $message): void
    {
        $this->connect();
        $features = $this->command('EHLO [127.0.0.1]', [250]);
        if (str_contains($features, 'STARTTLS') && extension_loaded('openssl')) {
            $this->command('STARTTLS', [220]);
            if (! @stream_socket_enable_crypto($this->stream, true, STREAM_CRYPTO_METHOD_TLS_CLIENT)) {
                throw new TransportException('Unable to connect with STARTTLS.');
            }
            $features = $this->command('EHLO [127.0.0.1]', [250]);
        }
        if ($this->settings['username'] && str_contains($features, 'AUTH')) {
            $this->command('AUTH LOGIN', [334]);
            $this->command(base64_encode($this->settings['username']), [334]);
            $this->command(base64_encode((string) $this->settings['password']), [235]);
        }
        $this->command('MAIL FROM:<' . config('mail.from.address') . '>', [250]);
        $this->command("RCPT TO:<{$message->to}>", [250, 251]);
        $this->command('DATA', [354]);
        $body = str_replace("\n", "\r\n", preg_replace('/^\./m', '..', $message->render()));
        $this->command("{$body}\r\n.", [250]);
        $this->command('QUIT', [221]);
        fclose($this->stream);
    }

    private function connect(): void
    {
        $place = "{$this->settings['host']}:{$this->settings['port']}";
        $scheme = $this->settings['encryption'] === 'tls' && (int) $this->settings['port'] === 465 ? 'ssl://' : '';
        $stream = @stream_socket_client("{$scheme}{$place}", $code, $reason, $this->settings['timeout'] ?? 30);
        if ($stream === false) {
            $reason = $reason !== '' ? $reason : 'php_network_getaddresses: getaddrinfo failed';
            throw new TransportException(
                "Connection could not be established with host \"{$place}\": stream_socket_client(): Unable to connect to {$scheme}{$place} ({$reason})"
            );
        }
        $this->stream = $stream;
        $this->answer([220]);
    }

    private function command(string $text, array $expected): string
    {
        fwrite($this->stream, "{$text}\r\n");
        return $this->answer($expected);
    }

    private function answer(array $expected): string
    {
        $text = '';
        do {
            $line = fgets($this->stream);
            if ($line === false) {
                throw new TransportException("Connection to \"{$this->settings['host']}:{$this->settings['port']}\" has been closed unexpectedly.");
            }
            $text .= $line;
        } while (($line[3] ?? ' ') === '-');
        $code = (int) substr($line, 0, 3);
        if (! in_array($code, $expected, true)) {
            $wanted = implode('/', $expected);
            throw new TransportException("Expected response code \"{$wanted}\" but got code \"{$code}\", with message \"" . trim($text) . '".', $code);
        }
        return $text;
    }
}
