<h1>Dashboard</h1>
<p><?= e($account->displayName()) ?></p>
<?php if ($forward = $account->account_email_settings->forward_url_for_v5) : ?>
<div class="alert alert-info">Customers are forwarded to <?= e($forward) ?></div>
<?php endif ?>
<a href="<?= e(url('/settings/account_management')) ?>">Account Management</a>
