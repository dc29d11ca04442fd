<?php require __DIR__ . '/errors.php' ?>
<div class="panel panel-default">
    <div class="panel-heading">
        <h3 class="panel-title"><?= trans('texts.welcome_to_the_new_version') ?></h3>
    </div>
    <div class="panel-body">
        <h4>We need to know the link of your application.</h4>
        <form action="<?= e(url('/migration/endpoint')) ?>" method="post" id="input-endpoint-form">
            <?php require __DIR__ . '/../token.php' ?>
            <input type="text" class="form-control" name="endpoint" required placeholder="Example: https://myinvoiceninja.com">
        </form>
    </div>
    <div class="panel-footer text-right">
        <button form="input-endpoint-form" class="btn btn-primary">Continue</button>
    </div>
</div>
