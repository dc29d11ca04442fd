<div class="panel panel-default">
    <div class="panel-heading">
        <h3 class="panel-title"><?= trans('texts.welcome_to_the_new_version') ?></h3>
    </div>
    <div class="panel-body">
        <?= e($customMessage ?? "Migration has started. We'll update you with status, on your company e-mail.") ?>
    </div>
</div>
