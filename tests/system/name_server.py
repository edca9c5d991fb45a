"""Answers every DNS question for an IPv4 address with 127.0.0.1, on 127.0.0.1:53 (in a network namespace of the test's own)."""
import socket

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(('127.0.0.1', 53))
open('names', 'w', encoding='ascii').close()
while True:
    question, client = server.recvfrom(512)
    end = 12
    while question[end]:
        end += question[end] + 1
    asked = question[12:end + 5]
    address = asked[-4:-2] == b'\0\1'
    answer = b'\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1' if address else b''
    server.sendto(question[:2] + b'\x81\x80\0\1\0' + (b'\1' if address else b'\0') + b'\0\0\0\0' + asked + answer, client)
