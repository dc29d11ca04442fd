<!DOCTYPE html>
<html lang="en">
<head>
    <meta charset="utf-8">
    <title><?= e($message) ?></title>
</head>
<body>
    <div class="code"><?= e($code) ?></div>
    <div class="message"><?= e($message) ?></div>
</body>
</html>
