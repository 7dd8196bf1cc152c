sha256sum --check feishu-mock-linux-x64.sha256
chmod +x feishu-mock-linux-x64

./feishu-mock-linux-x64 --port 8787 --log none &
./feishu-mock-linux-x64 health --wait 20 http://127.0.0.1:8787
# Here the tests run.
kill $!
wait $!
