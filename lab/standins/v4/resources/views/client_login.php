<div class="container">
    <form accept-charset="utf-8" class="form-signin" method="POST" action="<?= e(url('client/login')) ?>">
        <?php require __DIR__ . '/token.php' ?>
        <input class="form-control" type="text" name="email">
        <input class="form-control" type="password" name="password">
        <button type="submit">Login</button>
    </form>
</div>
