#!/bin/sh
# certbot runs this after every renewal.
systemctl reload nginx
