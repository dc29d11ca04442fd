<h2>Invoice Ninja Setup</h2>
<p>There is no account in this database yet.</p>
