package main

var capiFailures, buildFailures, openshiftFailures, platformFailures []failure
