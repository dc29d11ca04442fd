<!DOCTYPE html>
<html lang="en">
<head>
    <meta charset="utf-8">
    <meta name="csrf-token" content="<?= e(App\Http\Session::current()->token()) ?>">
    <title>Invoice Ninja</title>
</head>
<body>
<?php foreach (['warning', 'error'] as $kind) : ?>
<?php if ($text = App\Http\Session::current()->get($kind)) : ?>
    <div class="alert alert-<?= $kind === 'error' ? 'danger' : $kind ?>"><?= $text ?></div>
<?php endif ?>
<?php endforeach ?>
<?= $content ?>
</body>
</html>
