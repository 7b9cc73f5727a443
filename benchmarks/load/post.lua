-- A JSON body of 1 KiB.
wrk.method = "POST"
wrk.body = '{"data":"' .. string.rep("x", 1024 - 11) .. '"}'
wrk.headers["Content-Type"] = "application/json"
