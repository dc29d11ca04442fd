<?php require __DIR__ . '/errors.php' ?>
<div class="panel panel-default">
    <div class="panel-heading">
        <h3 class="panel-title"><?= trans('texts.welcome_to_the_new_version') ?></h3>
    </div>
    <div class="panel-body">
        <h4>Select companies to migrate</h4>
        <form action="<?= e(url('/migration/companies')) ?>" method="post" id="auth-form">
            <?php require __DIR__ . '/../token.php' ?>
            <input type="hidden" name="account_key" value="<?= e(App\Support\Auth::user()->account->account_key) ?>">
<?php foreach ($companies as $company) : ?>
<?php $key = e($company['company_key']) ?>
            <div class="form-check">
                <input class="form-check-input" id="<?= $key ?>" type="checkbox" name="companies[<?= $key ?>][id]" value="<?= $key ?>">
                <label class="form-check-label" for="<?= $key ?>"><?= e($company['name']) ?></label>
            </div>
            <div class="form-group">
                <label for="companies[<?= $key ?>][force]">
                    <input type="checkbox" onclick="document.getElementById('<?= $key ?>').checked = true" id="companies[<?= $key ?>][force]" name="companies[<?= $key ?>][force]">
                    <small><?= trans('texts.force_migration') ?></small>
                </label>
            </div>
<?php endforeach ?>
        </form>
    </div>
    <div class="panel-footer text-right">
        <button form="auth-form" class="btn btn-primary">Continue</button>
    </div>
</div>
