<div class="container">
    <form accept-charset="utf-8" class="form-signin" method="POST" action="<?= e(url('login')) ?>">
        <h2 class="form-signin-heading">Account Login</h2>
<?php if ($errors = App\Http\Session::current()->get('errors')) : ?>
        <div class="alert alert-danger">
<?php foreach ($errors as $error) : ?>
            <li><?= e($error) ?></li>
<?php endforeach ?>
        </div>
<?php endif ?>
        <input class="form-control" placeholder="Email address" id="email" type="text" name="email">
        <input class="form-control" placeholder="Password" id="password" type="password" name="password">
        <?php require __DIR__ . '/token.php' ?>
        <button type="submit" id="loginButton" class="green btn btn-success btn-lg btn-block">Login</button>
    </form>
</div>
