<?php
// mail: how the application would send, and whether its mail server takes a connection.

/** The section `mail`; the connection is only begun here. */
function probe_mail($probe) {
    $v4 = $probe->kind === 'v4';
    $mailer = (string) probe_setting($probe, $v4 ? 'mail.driver' : 'mail.default');
    $probe->mail_request = null;
    $probe->mail_no_request = "the mailer is '$mailer'";
    probe_set('mail/mailer', $mailer);
    $smtp = $mailer === 'failover' ? 'smtp' : $mailer;
    $path = $v4 ? 'mail' : "mail.mailers.$smtp";
    if (!$v4 && probe_setting($probe, "$path.transport", $smtp) !== 'smtp' || $v4 && $mailer !== 'smtp') { return; }
    $host = (string) probe_setting($probe, "$path.host");
    $port = (int) probe_setting($probe, "$path.port");
    probe_set('mail/host', $host);
    probe_set('mail/port', $port);
    if ($host === '' || $port < 1) { $probe->mail_no_request = 'no mail server is configured'; }
    elseif (probe_can_ask()) {
        $address = strpos($host, ':') !== false ? "[$host]" : $host;
        $probe->mail_request = probe_ask($probe, "http://$address:$port", ['connect' => true, 'seconds' => 2]);
        probe_pump($probe);
    } else {
        $probe->mail_no_request = 'this PHP has no curl extension, or its functions are disabled';
    }
}

/** The section `mail/connects`. */
function probe_mail_connects($probe) {
    if (!$probe->mail_request) {
        probe_missing('mail/connects', $probe->mail_no_request);
        return;
    }
    probe_answer($probe, $probe->mail_request);
    probe_set('mail/connects', $probe->mail_request->errno === 0);
    probe_set('mail/error', $probe->mail_request->error);
}
