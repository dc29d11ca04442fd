<h1><?= e($account->displayName()) ?></h1>
<p>Invoice <?= e($invoice->invoice_number) ?>, <?= e($invoice->invoice_date) ?></p>
<table>
<?php foreach ($invoice->invoice_items as $item) : ?>
    <tr><td><?= e($item->product_key) ?></td><td><?= e($item->qty) ?></td><td><?= e($item->cost) ?></td></tr>
<?php endforeach ?>
</table>
<p>Total <?= e($invoice->amount) ?>, open <?= e($invoice->balance) ?></p>
