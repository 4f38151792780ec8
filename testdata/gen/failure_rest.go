package main

var kindFailures, gceFailures, capiFailures, buildFailures, openshiftFailures, platformFailures []failure
