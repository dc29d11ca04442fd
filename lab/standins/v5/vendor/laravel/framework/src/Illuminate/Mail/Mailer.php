<?php

namespace Illuminate\Mail;

use App\Listeners\Mail\MailSentListener;
use RuntimeException;
use Symfony\Component\Mailer\Exception\TransportException;

/** Sends mail by the configured mailer: log, array (nothing), smtp, sendmail. */
class Mailer
{
    /** @throws TransportException when the mail server refuses */
    public function send(Message $message): void
    {
        $mailer = config('mail.default');
        $settings = config("mail.mailers.{$mailer}");
        if ($settings === null) {
            throw new RuntimeException("Mailer [{$mailer}] is not defined.");
        }
        match ($settings['transport']) {
            'log' => app()->log()->write('debug', $message->render()),
            'array' => null,
            'smtp' => (new SmtpTransport($settings))->send($message),
            default => throw new TransportException("Unsupported mail transport [{$settings['transport']}]."),
        };
        MailSentListener::dispatch();
    }
}
