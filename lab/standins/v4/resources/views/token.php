<input type="hidden" name="_token" value="<?= e(App\Http\Session::current()->token()) ?>">
