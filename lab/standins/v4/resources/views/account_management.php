<h1>Account Management</h1>
<?php if (App\Support\Auth::user()->eligibleForMigration()) : ?>
<a class="btn btn-primary btn-lg" href="<?= e(url('/migration/start')) ?>">Start Migration</a>
<?php endif ?>
<div class="panel panel-default">
    <div class="panel-heading"><h3 class="panel-title">Forward customers to V5</h3></div>
    <div class="panel-body">
<?php foreach (App\Http\Session::current()->get('errors', []) as $error) : ?>
        <span class="help-block"><?= e($error) ?></span>
<?php endforeach ?>
        <form action="<?= e(url('/migration/forward')) ?>" method="post" id="forward-form">
            <?php require __DIR__ . '/token.php' ?>
            <input type="text" name="url" placeholder="https://subdomain.invoicing.co" class="form form-control" value="<?= e($account->account_email_settings->forward_url_for_v5) ?>">
            <button form="forward-form" class="btn btn-primary btn-lg">Enable Forwarding</button>
        </form>
        <a class="button" href="/migration/disable_forward">Disable Forwarding</a>
    </div>
</div>
