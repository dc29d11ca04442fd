<?php require __DIR__ . '/errors.php' ?>
<div class="panel panel-default">
    <div class="panel-heading">
        <h3 class="panel-title"><?= trans('texts.welcome_to_the_new_version') ?></h3>
    </div>
    <div class="panel-body">
        <h4>In order to start the migration, we need to know where do you want to migrate.</h4>
        <form action="<?= e(url('/migration/type')) ?>" method="post" id="select-type-form">
            <?php require __DIR__ . '/../token.php' ?>
            <input class="form-check-input" type="radio" name="option" id="option2" value="1" checked">
            <label class="form-check-label" for="option2">Self-hosted</label>
        </form>
    </div>
    <div class="panel-footer text-right">
        <button form="select-type-form" class="btn btn-primary">Continue</button>
    </div>
</div>
