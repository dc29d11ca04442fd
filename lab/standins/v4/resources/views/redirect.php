<!DOCTYPE html>
<html>
    <head>
        <meta charset="UTF-8" />
        <meta http-equiv="refresh" content="0;url='<?= e($url) ?>'" />

        <title>Redirecting to <?= e($url) ?></title>
    </head>
    <body>
        Redirecting to <a href="<?= e($url) ?>"><?= e($url) ?></a>.
    </body>
</html>
