<?php foreach (['responseErrors', 'errors'] as $kind) : ?>
<?php if ($errors = App\Http\Session::current()->get($kind)) : ?>
<div class="alert alert-danger">
<?php foreach ($errors as $error) : ?>
        <p><?= $error ?></p>
<?php endforeach ?>
</div>
<?php endif ?>
<?php endforeach ?>
