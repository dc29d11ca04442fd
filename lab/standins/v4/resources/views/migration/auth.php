<?php require __DIR__ . '/errors.php' ?>
<div class="panel panel-default">
    <div class="panel-heading">
        <h3 class="panel-title"><?= trans('texts.welcome_to_the_new_version') ?></h3>
    </div>
    <div class="panel-body">
        <h4>Let's continue by authenticating. (These credentials should be identical across systems)</h4>
        <form action="<?= e(url('/migration/auth')) ?>" method="post" id="auth-form">
            <?php require __DIR__ . '/../token.php' ?>
            <input type="email" name="email" class="form form-control">
            <input type="password" name="password" class="form form-control">
            <input type="api_secret" name="api_secret" class="form form-control">
        </form>
    </div>
    <div class="panel-footer text-right">
        <button form="auth-form" class="btn btn-primary">Continue</button>
    </div>
</div>
