<?php

namespace Illuminate\Mail;

/** A mail with a text and an HTML part. */
class Message
{
    /** @param array<string, string> $headers extra headers, between Reply-To and MIME-Version */
    public function __construct(
        public readonly string $to,
        public readonly string $name,
        public readonly string $subject,
        public readonly string $text,
        public readonly array $headers = [],
        public readonly ?string $replyTo = null,
    ) {
    }

    /** The whole message; the parts are not encoded, as Laravel's log transport shows them. */
    public function render(): string
    {
        $from = config('mail.from');
        $boundary = random_key(8);
        $host = substr(strrchr((string) $from['address'], '@') ?: '@localhost', 1);
        $lines = ["From: {$from['name']} <{$from['address']}>", 'To: ' . ($this->name === '' ? $this->to : "{$this->name} <{$this->to}>")];
        if ($this->replyTo !== null) {
            $lines[] = "Reply-To: {$this->replyTo}";
        }
        $lines[] = "Subject: {$this->subject}";
        foreach ($this->headers as $name => $value) {
            $lines[] = "{$name}: {$value}";
        }
        array_push(
            $lines,
            'MIME-Version: 1.0',
            'Date: ' . date('r'),
            'Message-ID: <' . bin2hex(random_bytes(16)) . "@{$host}>",
            "Content-Type: multipart/alternative; boundary={$boundary}",
            '',
            ...$this->part($boundary, 'text/plain', $this->text),
            ...$this->part($boundary, 'text/html', '<html><body>' . nl2br(htmlspecialchars($this->text)) . '</body></html>'),
        );
        return implode("\n", [...$lines, "--{$boundary}--", '']);
    }

    /** @return array<int, string> */
    private function part(string $boundary, string $type, string $body): array
    {
        return ["--{$boundary}", "Content-Type: {$type}; charset=utf-8", 'Content-Transfer-Encoding: quoted-printable', '', $body];
    }
}
